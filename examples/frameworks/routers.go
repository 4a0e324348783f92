package main

import (
	"net/http"

	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/labstack/echo/v5"
)

// framework is one way to mount the handlers.
type framework struct {
	name  string
	mount func(handlers) http.Handler
}

func frameworks() []framework {
	return []framework{
		{"net/http", mountNetHTTP},
		{"chi", mountChi},
		{"gin", mountGin},
		{"echo", mountEcho},
	}
}

// mountNetHTTP uses patterns without a method, so that GET and POST arrive.
func mountNetHTTP(h handlers) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/callback/command", h.command)
	mux.Handle("/callback/data/{"+corpPath+"}", h.data)
	return mux
}

// mountChi is the same; chi sets the path values of the request itself.
func mountChi(h handlers) http.Handler {
	router := chi.NewRouter()
	router.Handle("/callback/command", h.command)
	router.Handle("/callback/data/{"+corpPath+"}", h.data)
	return router
}

// mountGin hands the path parameter over, which gin keeps to itself. Middlewares
// that bind or log the body must not be in front of these routes.
func mountGin(h handlers) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Any("/callback/command", gin.WrapH(h.command))
	router.Any("/callback/data/:"+corpPath, func(c *gin.Context) {
		c.Request.SetPathValue(corpPath, c.Param(corpPath))
		h.data.ServeHTTP(c.Writer, c.Request)
	})
	return router
}

// mountEcho hands the path parameter over as well. BodyDump and BodyLimit below
// 1 MiB must not be in front of these routes.
func mountEcho(h handlers) http.Handler {
	router := echo.New()
	router.Any("/callback/command", echo.WrapHandler(h.command))
	router.Any("/callback/data/:"+corpPath, func(c *echo.Context) error {
		c.Request().SetPathValue(corpPath, c.Param(corpPath))
		h.data.ServeHTTP(c.Response(), c.Request())
		return nil
	})
	return router
}
