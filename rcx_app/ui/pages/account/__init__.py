"""One's own account: profile, ways to sign in, signed-in browsers, workspaces."""
