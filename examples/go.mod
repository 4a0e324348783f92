module github.com/wecom-isv/wecom/examples

go 1.26.0

require github.com/wecom-isv/wecom v0.0.0

replace github.com/wecom-isv/wecom => ../
