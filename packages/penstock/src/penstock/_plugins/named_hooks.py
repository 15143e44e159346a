"""A plugin manager that knows a hook by its name, so that a pack need not import pluggy to have one.

Takes:   a project name, specifications and plugin objects.
Gives:   `NamedHooks`, which also calls a hook of one plugin alone.
Ignores: which hooks there are (`specs`) and whose they are (`hooks`, `gate`).
"""

from __future__ import annotations

from typing import Any

import pluggy


class NamedHooks(pluggy.PluginManager):
    """A plugin manager in which a function with the name of a specified hook implements it."""

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        if name not in vars(self.hook):
            return None  # not even looked at: a lazy package would import what stands behind the name
        marked = super().parse_hookimpl_opts(plugin, name)
        if marked is None and callable(getattr(plugin, name, None)):
            return pluggy.HookimplOpts(
                wrapper=False, hookwrapper=False, optionalhook=False, tryfirst=False, trylast=False, specname=None
            )
        return marked

    def alone(self, hook: str, plugin: object) -> pluggy.HookCaller:
        """The hook caller that reaches this plugin and no other, so that what it raises is known to be its own."""
        return self.subset_hook_caller(hook, [other for other in self.get_plugins() if other is not plugin])
