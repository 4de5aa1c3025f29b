// Package views is what all pages share: the layout around them and the address of
// each of them. The pages are below it, one folder per audience, made of the parts of
// views/ui and the texts of views/words.
//
// Pages take props whose texts are already words. They know no request, no store and
// no clock.
package views
