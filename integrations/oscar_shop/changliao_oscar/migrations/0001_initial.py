"""The table of wishes to be paid."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("basket", "0012_line_code"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Wish",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=100, unique=True)),
                ("order_number", models.CharField(db_index=True, max_length=90)),
                ("payment_id", models.CharField(blank=True, db_index=True, max_length=64)),
                ("cashier_url", models.URLField(blank=True, max_length=500)),
                ("checkout", models.JSONField()),
                ("currency", models.CharField(max_length=3)),
                ("total_excl_tax", models.DecimalField(decimal_places=3, max_digits=18)),
                ("total_incl_tax", models.DecimalField(decimal_places=3, max_digits=18)),
                ("state", models.CharField(default="waiting", max_length=8)),
                ("reason", models.CharField(blank=True, max_length=16)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "basket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="basket.basket",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
