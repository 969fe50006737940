"""The flagged page: lines and seats that deserve a look, by kind. Context, never a verdict."""
