"""Signing in with a company's account, by OpenID Connect: code flow with PKCE, one provider a workspace."""
