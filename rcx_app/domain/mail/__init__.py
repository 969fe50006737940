"""The one way by which RCX sends mail: written with its cause, sent after it. What mails say is their slices' own."""
