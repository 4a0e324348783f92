package wecomtest

// getAppLicenseInfo tells of an installed app; 48004 is presumed for another one.
func (p *Platform) getAppLicenseInfo(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	app := p.apps[c.text("suite_id")]
	switch {
	case app == nil:
		return nil, refuse(40083)
	case p.findGrant(app, corp) == nil:
		return nil, refuse(48004)
	}
	begin := p.licensee(corp).installed[app]
	if p.licensee(corp).test {
		return reply{"license_status": 1, "license_check_time": begin.Unix()}, nil
	}
	end := begin.Add(licenseTrial)
	return reply{
		"license_status":     1,
		"trail_info":         map[string]any{"start_time": begin.Unix(), "end_time": end.Unix()},
		"license_check_time": end.Unix(),
	}, nil
}

func (p *Platform) setAutoActive(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	status := c.amount("auto_active_status")
	switch {
	case status != 0 && status != 1:
		return nil, refuse(701070)
	case !p.licensee(corp).bought:
		return nil, refuse(701071)
	}
	p.licensee(corp).auto = status == 1
	return reply{}, nil
}

func (p *Platform) getAutoActive(c *call) (any, error) {
	corp, err := p.customer(c, "corpid")
	if err != nil {
		return nil, err
	}
	licensee := p.licensee(corp)
	if !licensee.bought {
		return nil, refuse(701071)
	}
	status := 0
	if licensee.auto {
		status = 1
	}
	return reply{"auto_active_status": status}, nil
}

// querySupportPolicy is dead: the policy has ended.
func (p *Platform) querySupportPolicy(_ *call) (any, error) { return nil, refuse(701112) }
