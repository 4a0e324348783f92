package main

import "github.com/wecom-isv/wecom/examples/internal/settings"

// config is what the program needs to know of the vendor and its app.
type config = settings.Vendor

// configFromEnv reads the settings. online is false if there are none at all: then
// the platform is simulated.
func configFromEnv(getenv func(string) string) (cfg config, online bool, err error) {
	online, err = cfg.Read(getenv)
	return cfg, online, err
}
