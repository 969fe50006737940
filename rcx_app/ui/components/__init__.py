"""The one set of interface parts: each is a plain function that returns markup with the classes of assets/ui.css.

Pages import from the modules here (`from rcx_app.ui.components.table import Column, table`); nothing here reads data or
knows a slice. What the browser does by itself (keys, moving, menus, dialogs, times) is in assets/keys.js.
"""
