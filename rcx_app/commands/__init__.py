"""The commands of `rcx`, one a file. They read options, call what does the work, and print; nothing more."""
