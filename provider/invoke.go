package provider

import (
	"context"

	"github.com/wecom-isv/wecom"
)

// invoke is Client.Do with a result of type T.
func invoke[T any](ctx context.Context, c *Client, call wecom.Call) (*T, error) {
	result := new(T)
	if err := c.Do(ctx, call, result); err != nil {
		return nil, err
	}
	return result, nil
}
