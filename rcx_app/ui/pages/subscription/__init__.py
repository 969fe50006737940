"""The page Subscription of the settings: what RCX costs this workspace."""
