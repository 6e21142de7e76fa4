"""Whose data the shop holds, what for, for how long, and what people may do about it."""
