package main

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/wecom-isv/wecom/crypto"
)

// config is what the program needs to know of the vendor and its app.
type config struct {
	corpID         string // of the vendor itself
	providerSecret string
	suiteID        string
	suiteSecret    string
	token          string // of the callback URLs
	aesKey         string
	baseURL        string // of the API; empty: the public one
	publicURL      string // where WeCom and browsers reach this program
	listen         string
	templateID     string // promotion package (推广包)
}

// variable is one setting of the environment.
type variable struct {
	name     string
	field    func(*config) *string
	optional bool
	check    func(string) error
	hint     string // how to get the value
}

var variables = []variable{
	{"WECOM_CORP_ID", func(c *config) *string { return &c.corpID }, false, matches(`^w[wx][0-9A-Za-z_-]{6,62}$`, "ww… or wx…"), "服务商自己的企业ID: 企业微信管理后台 > 我的企业 > 企业信息"},
	{"WECOM_PROVIDER_SECRET", func(c *config) *string { return &c.providerSecret }, false, matches(`^\S{20,}$`, "at least 20 characters without blanks"), "ProviderSecret: 服务商管理后台 > 应用管理 > 通用开发参数"},
	{"WECOM_SUITE_ID", func(c *config) *string { return &c.suiteID }, false, matches(`^(ww|wx|tj)[0-9A-Za-z_-]{6,62}$`, "ww…, wx… or tj…; dk… is a template, not a third-party app"), "SuiteID: 服务商管理后台 > 应用管理 > 网页应用 > 基本信息"},
	{"WECOM_SUITE_SECRET", func(c *config) *string { return &c.suiteSecret }, false, matches(`^\S{20,}$`, "at least 20 characters without blanks"), "Secret of the app, beside its SuiteID"},
	{"WECOM_TOKEN", func(c *config) *string { return &c.token }, false, matches(`^[0-9A-Za-z]{1,32}$`, "1 to 32 letters and digits"), "Token of the callback settings (回调配置) of the app; enter the same for the system-event URL (系统事件接收URL)"},
	{"WECOM_ENCODING_AES_KEY", func(c *config) *string { return &c.aesKey }, false, checkAESKey, "EncodingAESKey beside that Token; enter the same for the system-event URL"},
	{"WECOM_PUBLIC_URL", func(c *config) *string { return &c.publicURL }, false, checkURL, "address under which WeCom reaches this program, for example https://app.example.com; its host must be the trusted domain (可信域名) and the installation callback domain (安装完成回调域名) of the app. Command URL: <it>/callback/command, system-event URL: <it>/callback/system"},
	{"WECOM_REGISTER_TEMPLATE_ID", func(c *config) *string { return &c.templateID }, false, matches(`^\S{1,128}$`, "1 to 128 bytes without blanks"), "id of a promotion package with the app and contact migration (通讯录迁移接口): 服务商管理后台 > 应用推广 > 推广二维码"},
	{"WECOM_BASE_URL", func(c *config) *string { return &c.baseURL }, true, checkURL, "address of the API for private deployments and proxies; leave it unset for the public one"},
	{"WECOM_LISTEN", func(c *config) *string { return &c.listen }, true, matches(`^\S*:\d+$`, "host:port"), "address to listen on; :8080 if unset"},
}

// configFromEnv reads the settings. online is false if there are none at all: then
// the platform is simulated. The error lists everything that is missing or
// malformed, with how to get it, and never a value.
func configFromEnv(getenv func(string) string) (cfg config, online bool, err error) {
	var problems []error
	for _, v := range variables {
		value := strings.TrimSpace(getenv(v.name))
		*v.field(&cfg) = value
		switch {
		case value != "":
			online = true
			if err := v.check(value); err != nil {
				problems = append(problems, fmt.Errorf("%s is malformed: want %w\n    %s", v.name, err, v.hint))
			}
		case !v.optional:
			problems = append(problems, fmt.Errorf("%s is not set\n    %s", v.name, v.hint))
		}
	}
	if !online {
		return config{}, false, nil
	}
	if cfg.listen == "" {
		cfg.listen = ":8080"
	}
	cfg.publicURL = strings.TrimRight(cfg.publicURL, "/")
	return cfg, true, errors.Join(problems...)
}

func matches(pattern, want string) func(string) error {
	re := regexp.MustCompile(pattern)
	return func(s string) error {
		if re.MatchString(s) {
			return nil
		}
		return errors.New(want)
	}
}

func checkAESKey(s string) error {
	if _, err := crypto.New("token", s); err != nil {
		return errors.New("43 letters and digits")
	}
	return nil
}

func checkURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("https://host, without query, user name or password")
	}
	return nil
}
