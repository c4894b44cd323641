// Writes what is derived from the declarations (`docs/openapi.json`, `docs/paths.txt` …); `--check` only compares.
