"""Virtual customers who browse and buy the way the data's households do, through the services."""
