"""Shapes: one function each, a Look in, the inside of an SVG of 240 by 240 units out."""
