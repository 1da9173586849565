"""What the shop has on its first day."""

from decimal import Decimal

from changliao_oscar.refunds import REFUND
from django.contrib.auth import get_user_model
from oscar.core.loading import get_model

GOODS = (
    ("bamboo-hat", "竹斗笠 Bamboo hat", "45.00"),
    ("dried-mushrooms", "香菇 250 克 Dried mushrooms, 250 g", "39.90"),
    ("wild-honey", "野蜂蜜 Wild honey", "88.00"),
)


def lay_out(password: str) -> None:
    """Three things in stock, a country to send them to, and, with a password, a shopkeeper. Twice is
    once."""
    get_model("address", "Country").objects.get_or_create(
        iso_3166_1_a2="CN", defaults={"printable_name": "China", "is_shipping_country": True}
    )
    get_model("order", "PaymentEventType").objects.get_or_create(name=REFUND)
    kind, _ = get_model("catalogue", "ProductClass").objects.get_or_create(name="Goods")
    partner, _ = get_model("partner", "Partner").objects.get_or_create(name="Hill Goods")
    products, stock = get_model("catalogue", "Product"), get_model("partner", "StockRecord")
    for upc, title, price in GOODS:
        product, _ = products.objects.get_or_create(
            upc=upc, defaults={"slug": upc, "title": title, "product_class": kind}
        )
        stock.objects.get_or_create(
            product=product,
            partner=partner,
            defaults={
                "partner_sku": upc,
                "price": Decimal(price),
                "price_currency": "CNY",
                "num_in_stock": 100,
            },
        )
    people = get_user_model().objects
    if password and not people.filter(username="keeper").exists():
        people.create_superuser("keeper", "keeper@shop.example", password)
