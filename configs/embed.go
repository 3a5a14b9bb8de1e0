package configs

import _ "embed"

// Schema is the JSON Schema of the configuration, draft 2020-12. It is more
// indulgent than [Load], and never stricter about what is commonly written.
//
//go:embed reactord.schema.json
var Schema []byte
