package store

type usedIDRow struct {
	Hash    []byte `gorm:"column:hash;primaryKey"`
	Expires stamp  `gorm:"column:expires_at"`
}

func (usedIDRow) TableName() string { return "used_ids" }
