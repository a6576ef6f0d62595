"""Both providers' interfaces, as they document them."""
