"""What is shown at an address that leads nowhere."""
