"""The model layer's methods: numpy and torch, no Django."""
