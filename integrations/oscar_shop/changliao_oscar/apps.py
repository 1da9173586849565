"""How Django knows this gateway."""

from django.apps import AppConfig


class ChangliaoConfig(AppConfig):
    """Changliao Pay for Oscar."""

    name = "changliao_oscar"
    label = "changliao"
    verbose_name = "Changliao Pay"
    default_auto_field = "django.db.models.BigAutoField"
