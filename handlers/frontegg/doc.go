// Package frontegg speaks the dialect of Frontegg's clients: the addresses,
// the field names and the {"errors": […]} that deployed programs expect.
//
// Where Frontegg does not say, or Latchkey differs:
//
//   - A token has roles and no permissions of its own: permissionIds without
//     roleIds are refused, and permissionIds is always [] in answers.
//   - expires is left out for what never ends.
//   - A program of the vendor's may make either kind of token. It names the
//     account, and the person of personal tokens, who must be a member of it; an
//     account's token that it makes is nobody's (createdByUserId null).
//   - A look-up by id and the active lists know a JWT by its sub, which a rotation
//     changes, and another access token by its id. The networks that a token may
//     be used from can't be judged there. A look-up counts as a use, from the
//     address of the program that asks.
//   - A role's level says whether the caller may give it (1) or not (0).
//   - Who a person is (users/v2/me and its like) is told to that person alone, and
//     not to the vendor in their name. Their permissions are as their roles hold
//     them, wildcards among them. The JWT of the account before counts no more once
//     the session works in another.
//   - There are no default roles, no categories of permissions but two that are
//     made up, and no pictures of people.
//   - The configuration has all of Frontegg's fields. What Latchkey has no setting
//     for is passed over when it is sent, whatever its value, and the answer says
//     what is so. accessTokenFormat is a field of our own. JWTs live from a minute
//     to 30 days, refresh tokens to 180. Cookies for NONE are Lax without https.
//     Before sign-in the kind is the environment's; basic tells people that of
//     their account.
//   - The admin box keeps the visibility of the two token modules only.
package frontegg
