"""What `rcx doctor` looks at, by where it is: this machine, the servers, the work, the world outside."""
