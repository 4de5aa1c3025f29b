package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/latchkey-dev/latchkey/models"
)

type secretRow struct {
	ID            string  `gorm:"column:id;primaryKey"`
	TokenID       string  `gorm:"column:token_id"`
	Digest        []byte  `gorm:"column:digest"`
	Prefix        string  `gorm:"column:prefix"`
	LastFour      string  `gorm:"column:last_four"`
	Created       stamp   `gorm:"column:created_at"`
	Replaced      *stamp  `gorm:"column:replaced_at"`
	Ends          stamp   `gorm:"column:ends_at"`
	SilentSeconds int64   `gorm:"column:silent_seconds"`
	LastUsed      stamp   `gorm:"column:last_used_at"`
	FormID        *string `gorm:"column:form_id"`
	KeyID         string  `gorm:"column:kid"`
	JWK           string  `gorm:"column:jwk"`
	JWKSURL       string  `gorm:"column:jwks_url"`
}

func (secretRow) TableName() string { return "token_secrets" }

func newSecretRow(t models.TokenSecret) *secretRow {
	return &secretRow{
		ID: t.ID, TokenID: t.TokenID, Digest: t.Digest, Prefix: t.Prefix, LastFour: t.LastFour,
		Created: stamp(t.CreatedAt), Replaced: optionalStamp(t.ReplacedAt), Ends: stamp(t.EndsAt),
		SilentSeconds: int64(t.Silence / time.Second), LastUsed: stamp(t.LastUsedAt), FormID: optionalText(t.FormID), KeyID: t.KeyID,
		JWK: t.Key.JWK, JWKSURL: t.Key.JWKSURL,
	}
}

func (r secretRow) secret() models.TokenSecret {
	return models.TokenSecret{
		ID: r.ID, TokenID: r.TokenID, Digest: r.Digest, Prefix: r.Prefix, LastFour: r.LastFour,
		CreatedAt: r.Created.time(), ReplacedAt: r.Replaced.optional(), EndsAt: r.Ends.time(),
		Silence: time.Duration(r.SilentSeconds) * time.Second, LastUsedAt: r.LastUsed.time(), FormID: textOf(r.FormID), KeyID: r.KeyID,
		Key: models.ClientKey{JWK: r.JWK, JWKSURL: r.JWKSURL},
	}
}

// TokenSecrets gives a token's secrets, ended ones included, newest first.
func (s *Store) TokenSecrets(ctx context.Context, tokenID string) ([]models.TokenSecret, error) {
	var rows []secretRow
	err := s.one(ctx, "token secrets", func(db *gorm.DB) error {
		return db.Where("token_id = ?", tokenID).Order("id DESC").Find(&rows).Error
	})
	if err != nil {
		return nil, err
	}
	secrets := make([]models.TokenSecret, len(rows))
	for i, r := range rows {
		secrets[i] = r.secret()
	}
	return secrets, nil
}
