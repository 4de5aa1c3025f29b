package console

import (
	"context"
	"slices"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// RolesProps is the list of roles.
type RolesProps struct {
	Layout views.LayoutProps
	Rows   []RoleRow
	Empty  *ui.EmptyProps
	Count  string
}

// RoleRow is a role in the list.
type RoleRow struct {
	Name, Key, Href string
	Description     string
	Permissions     []string
	// Nothing stands in place of the permissions when there are none.
	Nothing                 string
	DeleteHref, DeleteLabel string
}

// Roles puts the list into words.
func Roles(ctx context.Context, layout views.LayoutProps, roles []models.Role) RolesProps {
	p := RolesProps{Layout: titled(layout, words.T(ctx, "console.roles.title"))}
	for _, r := range roles {
		row := RoleRow{
			Name: r.Name, Key: r.Key, Href: views.Role(r.ID), Description: r.Description, Permissions: r.Permissions,
			DeleteHref: views.DeleteRole(r.ID), DeleteLabel: words.T(ctx, "console.role.delete.of", words.Args{"Role": r.Name}),
		}
		if len(r.Permissions) == 0 {
			row.Nothing = words.T(ctx, "console.role.nothing")
		}
		p.Rows = append(p.Rows, row)
	}
	if len(roles) == 0 {
		p.Empty = &ui.EmptyProps{Icon: ui.IconRoles, Title: words.T(ctx, "console.roles.empty"), Text: words.T(ctx, "console.roles.empty.text")}
		return p
	}
	p.Count = words.N(ctx, "console.roles.count", len(roles))
	return p
}

// RoleInput is what the form of a role is made from; Key, Name, Description and
// Chosen are what it shows: the role's, or what was sent and refused.
type RoleInput struct {
	// Role is the one that is edited, nil for a new one; Use is who holds it.
	Role                   *models.Role
	Use                    models.RoleUse
	Permissions            []models.Permission
	Key, Name, Description string
	Chosen                 []string
	Invalid                *models.InvalidError
}

// RoleProps is the form of a role, new or not.
type RoleProps struct {
	Layout                 views.LayoutProps
	Faults                 Faults
	Crumbs                 ui.CrumbsProps
	Title                  string
	Use                    string
	Name, Key, Description ui.TextFieldProps
	Permissions            ui.CheckListProps
	Action, Button         string
	// DeleteHref leads to the page that asks; empty for a new role.
	DeleteHref string
}

// Role puts the form into words.
func Role(ctx context.Context, layout views.LayoutProps, f RoleInput) RoleProps {
	key, name, description := labels(ctx)
	faults := NewFaults(ctx, f.Invalid, name, key, description, Label{"permissions", words.T(ctx, "console.permissions.title")})
	p := RoleProps{
		Layout: layout, Faults: faults, Title: words.T(ctx, "console.role.new"),
		Name: ui.TextFieldProps{
			Field: faults.Field("name", name.Text, words.T(ctx, "console.role.name.hint")),
			Input: ui.InputProps{Name: "name", Value: f.Name, MaxLength: models.MaxName, Required: true, Autocomplete: "off", Autofocus: f.Role == nil && f.Invalid == nil},
		},
		Key: ui.TextFieldProps{
			Field: faults.Field("key", key.Text, words.T(ctx, "console.role.key.hint")),
			Input: ui.InputProps{Name: "key", Value: f.Key, MaxLength: models.MaxRoleKey, Required: true, Autocomplete: "off"},
		},
		Description: descriptionField(ctx, faults, f.Description),
		Permissions: permissionsChoice(ctx, faults, f.Permissions, f.Chosen),
		Action:      views.Roles(), Button: words.T(ctx, "console.role.new"),
	}
	if f.Role != nil {
		p.Title = f.Role.Name
		p.Action, p.Button, p.DeleteHref = views.Role(f.Role.ID), words.T(ctx, "console.save"), views.DeleteRole(f.Role.ID)
		p.Use = words.T(ctx, "console.role.use", words.Args{"Held": held(ctx, f.Use)})
		if f.Use.Members+f.Use.Tokens == 0 {
			p.Use = words.T(ctx, "console.role.unused")
		}
	}
	p.Layout.Title = p.Title
	p.Crumbs = crumbs(ctx, ui.Crumb{Text: words.T(ctx, "console.roles.title"), Href: views.Roles()}, ui.Crumb{Text: p.Title})
	return p
}

// labels are the fields that roles and permissions share.
func labels(ctx context.Context) (key, name, description Label) {
	return Label{"key", words.T(ctx, "console.key")}, Label{"name", words.T(ctx, "console.name")}, Label{"description", words.T(ctx, "console.description")}
}

func descriptionField(ctx context.Context, faults Faults, value string) ui.TextFieldProps {
	return ui.TextFieldProps{
		Field: faults.Field("description", words.T(ctx, "console.description"), words.T(ctx, "console.description.hint")),
		Input: ui.InputProps{Name: "description", Value: value, MaxLength: models.MaxDescription, Autocomplete: "off"},
	}
}

func permissionsChoice(ctx context.Context, faults Faults, permissions []models.Permission, chosen []string) ui.CheckListProps {
	list := ui.CheckListProps{
		ID: fieldID("permissions"), Name: "permissions", Legend: words.T(ctx, "console.permissions.title"),
		Hint: words.T(ctx, "console.role.permissions.hint"), Error: faults.Of("permissions"), LongTitles: true,
	}
	for _, p := range permissions {
		list.Rows = append(list.Rows, ui.CheckRow{
			Value: p.Key, Title: p.Name, Codes: []string{p.Key}, Checked: slices.Contains(chosen, p.Key),
		})
	}
	return list
}

// held says who holds a role: "12 people and 7 tokens".
func held(ctx context.Context, use models.RoleUse) string {
	return words.T(ctx, "console.names.last", words.Args{
		"Head": words.N(ctx, "console.people", use.Members), "Name": words.N(ctx, "console.apiTokens", use.Tokens),
	})
}

// DeleteRole asks before a role is taken from everybody.
func DeleteRole(ctx context.Context, layout views.LayoutProps, r models.Role, use models.RoleUse) ConfirmProps {
	p := ConfirmProps{
		Layout: layout,
		Title:  words.T(ctx, "console.delete.title", words.Args{"Name": r.Name}),
		Text:   words.T(ctx, "console.delete.text"),
		Facts: []ui.Fact{
			{Term: words.T(ctx, "console.key"), Text: r.Key, Machine: true},
			{Term: words.T(ctx, "console.people.title"), Text: words.Number(ctx, use.Members)},
			{Term: words.T(ctx, "console.apiTokens.title"), Text: words.Number(ctx, use.Tokens)},
		},
		Action: views.DeleteRole(r.ID), Button: words.T(ctx, "console.role.delete"), Icon: ui.IconTrash,
		Back: views.Roles(), BackText: words.T(ctx, "console.cancel"),
	}
	if use.Members+use.Tokens > 0 {
		p.Harm = words.Rich(ctx, "console.role.delete.harm", words.Args{"Held": held(ctx, use)})
	}
	return p
}
