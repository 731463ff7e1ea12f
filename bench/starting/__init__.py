"""What it takes before a first message: packages to install, modules to import, processor time."""
