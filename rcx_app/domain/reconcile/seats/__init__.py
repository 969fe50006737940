"""The named seats behind a number, read by the condition that counted them."""
