package console

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// PermissionsProps is the list of permissions.
type PermissionsProps struct {
	Layout views.LayoutProps
	Rows   []PermissionRow
	Count  string
	// Teach is said while there are built-in permissions only; empty otherwise.
	Teach string
}

// PermissionRow is a permission in the list. A built-in one leads nowhere.
type PermissionRow struct {
	Name, Key, Href         string
	Description             string
	BuiltIn                 string
	Own                     string
	DeleteHref, DeleteLabel string
}

// Permissions puts the list into words, the vendor's own first.
func Permissions(ctx context.Context, layout views.LayoutProps, permissions []models.Permission) PermissionsProps {
	p := PermissionsProps{Layout: titled(layout, words.T(ctx, "console.permissions.title")), Count: words.N(ctx, "console.permissions.count", len(permissions))}
	var builtIn []PermissionRow
	for _, permission := range permissions {
		row := PermissionRow{Name: permission.Name, Key: permission.Key, Description: permission.Description}
		if permission.BuiltIn() {
			row.BuiltIn = words.T(ctx, "console.permission.builtIn")
			builtIn = append(builtIn, row)
			continue
		}
		row.Own = words.T(ctx, "console.permission.own")
		row.Href, row.DeleteHref = views.Permission(permission.ID), views.DeletePermission(permission.ID)
		row.DeleteLabel = words.T(ctx, "console.permission.delete.of", words.Args{"Key": permission.Key})
		p.Rows = append(p.Rows, row)
	}
	if len(p.Rows) == 0 {
		p.Teach = words.T(ctx, "console.permissions.teach")
	}
	p.Rows = append(p.Rows, builtIn...)
	return p
}

// PermissionInput is what the form of a permission is made from; Key, Name and
// Description are what it shows: the permission's, or what was sent and refused.
type PermissionInput struct {
	// Permission is the one that is edited, nil for a new one; Use is who holds it.
	Permission             *models.Permission
	Use                    models.RoleUse
	Key, Name, Description string
	Invalid                *models.InvalidError
}

// PermissionProps is the form of a permission, new or not.
type PermissionProps struct {
	Layout views.LayoutProps
	Faults Faults
	Crumbs ui.CrumbsProps
	Title  string
	Use    string
	// BuiltIn says why there is no form, with Facts in its place.
	BuiltIn                string
	Facts                  []ui.Fact
	Key, Name, Description ui.TextFieldProps
	Action, Button         string
	DeleteHref             string
}

// Permission puts the form into words.
func Permission(ctx context.Context, layout views.LayoutProps, f PermissionInput) PermissionProps {
	key, name, description := labels(ctx)
	faults := NewFaults(ctx, f.Invalid, key, name, description)
	p := PermissionProps{
		Layout: layout, Faults: faults, Title: words.T(ctx, "console.permission.new"),
		Key: ui.TextFieldProps{
			Field: faults.Field("key", key.Text, words.T(ctx, "console.permission.key.hint")),
			Input: ui.InputProps{Name: "key", Value: f.Key, MaxLength: models.MaxPermissionKey, Required: true, Autocomplete: "off", Autofocus: f.Permission == nil && f.Invalid == nil},
		},
		Name: ui.TextFieldProps{
			Field: faults.Field("name", name.Text, ""),
			Input: ui.InputProps{Name: "name", Value: f.Name, MaxLength: models.MaxName, Required: true, Autocomplete: "off"},
		},
		Description: descriptionField(ctx, faults, f.Description),
		Action:      views.Permissions(), Button: words.T(ctx, "console.permission.new"),
	}
	if f.Permission != nil {
		p.Title = f.Permission.Key
		p.Action, p.Button, p.DeleteHref = views.Permission(f.Permission.ID), words.T(ctx, "console.save"), views.DeletePermission(f.Permission.ID)
		p.Use = permissionUse(ctx, f.Use)
		if f.Permission.BuiltIn() {
			p.BuiltIn, p.DeleteHref = words.T(ctx, "console.permission.builtIn.text"), ""
			p.Facts = []ui.Fact{
				{Term: key.Text, Text: f.Permission.Key, Machine: true},
				{Term: name.Text, Text: f.Permission.Name},
				{Term: description.Text, Text: f.Permission.Description},
			}
		}
	}
	p.Layout.Title = p.Title
	p.Crumbs = crumbs(ctx, ui.Crumb{Text: words.T(ctx, "console.permissions.title"), Href: views.Permissions()}, ui.Crumb{Text: p.Title})
	return p
}

func permissionUse(ctx context.Context, use models.RoleUse) string {
	if use.Roles == 0 {
		return words.T(ctx, "console.permission.unused")
	}
	return words.N(ctx, "console.permission.use", use.Roles, words.Args{"Held": held(ctx, use)})
}

// DeletePermission asks before a permission is taken from every role.
func DeletePermission(ctx context.Context, layout views.LayoutProps, permission models.Permission, use models.RoleUse) ConfirmProps {
	p := ConfirmProps{
		Layout: layout,
		Title:  words.T(ctx, "console.delete.title", words.Args{"Name": permission.Key}),
		Text:   words.T(ctx, "console.delete.text"),
		Facts: []ui.Fact{
			{Term: words.T(ctx, "console.name"), Text: permission.Name},
			{Term: words.T(ctx, "console.roles.title"), Text: words.Number(ctx, use.Roles)},
			{Term: words.T(ctx, "console.people.title"), Text: words.Number(ctx, use.Members)},
			{Term: words.T(ctx, "console.apiTokens.title"), Text: words.Number(ctx, use.Tokens)},
		},
		Action: views.DeletePermission(permission.ID), Button: words.T(ctx, "console.permission.delete"), Icon: ui.IconTrash,
		Back: views.Permissions(), BackText: words.T(ctx, "console.cancel"),
	}
	harm := words.Args{"Held": held(ctx, use)}
	switch {
	case use.Policies > 0 && use.Roles > 0:
		harm["Policies"] = words.N(ctx, "console.permission.delete.policies", use.Policies)
		p.Harm = words.RichN(ctx, "console.permission.delete.harm.both", use.Roles, harm)
	case use.Policies > 0:
		p.Harm = words.RichN(ctx, "console.permission.delete.harm.policies", use.Policies)
	case use.Roles > 0:
		p.Harm = words.RichN(ctx, "console.permission.delete.harm", use.Roles, harm)
	}
	return p
}
