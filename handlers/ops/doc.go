// Package ops answers whoever runs the process: is it alive, is it ready.
package ops
