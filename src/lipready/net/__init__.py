"""HTTP for inputs that are addresses: exchanges with a deadline and bounds, made to addresses that were judged."""
