"""What every page stands on: base templates, errors, files of the build."""
