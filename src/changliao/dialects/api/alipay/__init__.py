"""Alipay's gateway, spoken by ours: one address, forms signed with RSA2, answers signed to the byte."""
