"""A small django-oscar shop that is paid by Changliao."""
