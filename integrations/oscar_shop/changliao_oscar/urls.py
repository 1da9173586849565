"""The two addresses of this gateway."""

from changliao_oscar import views
from django.urls import path

app_name = "changliao"
urlpatterns = [
    path("return/<str:reference>/", views.Return.as_view(), name="return"),
    path("webhook/", views.webhook, name="webhook"),
]
