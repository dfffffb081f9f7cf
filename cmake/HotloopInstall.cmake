# Filled by install() rules of the folders; see docs/architecture.md, "The bundle".
