"""Checkout: from a cart to an order, through the steps that the settings name."""
