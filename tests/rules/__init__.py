"""The rules of the business, pure: values in, values or refusals out."""
