package console

import (
	"context"

	"github.com/latchkey-dev/latchkey/models"
	"github.com/latchkey-dev/latchkey/views"
	"github.com/latchkey-dev/latchkey/views/ui"
	"github.com/latchkey-dev/latchkey/views/words"
)

// ModulesInput is what the page of the portal's modules is made from.
type ModulesInput struct {
	// API and Personal are what the form shows: the settings in force, or what
	// was sent and refused.
	API, Personal models.Visibility
	Roles         []models.Role
	Invalid       *models.InvalidError
}

// ModulesProps is the page that says what the portal shows.
type ModulesProps struct {
	Layout views.LayoutProps
	Faults Faults
	Boxes  []ModuleBox
}

// ModuleBox is one module: who sees it, and who may do what there.
type ModuleBox struct {
	Title, Text string
	Choice      ui.RadioGroupProps
	Rights      []ModuleRight
	// Warning says that nobody may use the module; empty when somebody may.
	Warning string
}

// ModuleRight is what the roles that hold a permission may do.
type ModuleRight struct {
	Text  string
	Roles []string
	// Nobody stands in place of the roles when there are none.
	Nobody string
}

// Modules puts the facts into words.
func Modules(ctx context.Context, layout views.LayoutProps, f ModulesInput) ModulesProps {
	api, personal := words.T(ctx, "console.modules.api"), words.T(ctx, "console.modules.personal")
	p := ModulesProps{
		Layout: titled(layout, words.T(ctx, "console.modules.title")),
		Faults: NewFaults(ctx, f.Invalid, Label{"api", api}, Label{"personal", personal}),
	}
	p.Boxes = []ModuleBox{
		moduleBox(ctx, module{
			field: "api", title: api, text: words.T(ctx, "console.modules.api.text"), chosen: f.API,
			rights: models.API.Rights(),
		}, f.Roles, p.Faults),
		moduleBox(ctx, module{
			field: "personal", title: personal, text: words.T(ctx, "console.modules.personal.text"), chosen: f.Personal,
			rights: models.Personal.Rights(),
		}, f.Roles, p.Faults),
	}
	return p
}

// module is a box before it is put into words.
type module struct {
	field, title, text string
	chosen             models.Visibility
	rights             models.TokenRights
}

func moduleBox(ctx context.Context, m module, roles []models.Role, faults Faults) ModuleBox {
	readers, writers := holders(roles, m.rights.Read), holders(roles, m.rights.Write)
	who := words.T(ctx, "console.modules.byPermissions.nobody")
	if len(readers) > 0 {
		who = words.N(ctx, "console.modules.byPermissions.text", len(readers), words.Args{"Roles": Names(ctx, readers, len(readers))})
	}
	box := ModuleBox{
		Title: m.title, Text: m.text,
		Choice: ui.RadioGroupProps{
			ID: fieldID(m.field), Name: m.field,
			Legend: words.T(ctx, "console.modules.who"), Hint: words.T(ctx, "console.modules.who.hint"), Error: faults.Of(m.field),
			Cards: []ui.RadioCard{
				{Value: string(models.Hidden), Title: words.T(ctx, "console.modules.hidden"), Text: words.T(ctx, "console.modules.hidden.text")},
				{Value: string(models.Always), Title: words.T(ctx, "console.modules.always"), Text: words.T(ctx, "console.modules.always.text")},
				{Value: string(models.ByPermissions), Title: words.T(ctx, "console.modules.byPermissions"), Text: who},
			},
		},
		Rights: []ModuleRight{
			right(ctx, "console.modules.see", readers),
			right(ctx, "console.modules.generate", writers),
			right(ctx, "console.modules.delete", holders(roles, m.rights.Delete)),
		},
	}
	for i := range box.Choice.Cards {
		box.Choice.Cards[i].Checked = box.Choice.Cards[i].Value == string(m.chosen)
	}
	if len(writers) == 0 {
		box.Warning = words.T(ctx, "console.modules.noWriter", words.Args{"Permission": m.rights.Write})
	}
	return box
}

func right(ctx context.Context, key string, roles []string) ModuleRight {
	return ModuleRight{Text: words.T(ctx, key), Roles: roles, Nobody: words.T(ctx, "console.modules.noRole")}
}

// holders are the names of the roles that grant a permission.
func holders(roles []models.Role, permission string) []string {
	var names []string
	for _, r := range roles {
		if models.PermissionSet(r.Permissions).Has(permission) {
			names = append(names, r.Name)
		}
	}
	return names
}
