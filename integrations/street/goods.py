"""Who stands in the street and what they sell. All names are invented."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Good:
    """One thing: its sign, its two names, its price in fen."""

    sign: str
    zh: str
    en: str
    fen: int


@dataclass(frozen=True)
class Sign:
    """A shop's name, and its look: two colours by light, two by dark."""

    zh: str
    en: str
    paper: str
    paint: str
    night: str
    glow: str
    goods: dict[str, Good]

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.zh} {self.en}"


SIGNS = {
    "books": Sign(
        *("半亩书房", "Half-Acre Books", "#f1f4f8", "#2c4a7c", "#141a24", "#a9c4f5"),
        {
            "1": Good("诗", "手抄诗选", "Poems, copied by hand", 4200),
            "2": Good("图", "城南旧地图", "Old map of the south town", 5800),
            "3": Good("谱", "家常菜谱", "A cook's notebook", 3600),
            "4": Good("签", "银杏叶书签", "Ginkgo bookmark", 900),
            "5": Good("集", "短篇集", "Short stories", 4900),
            "6": Good("历", "手绘年历", "Painted calendar", 2800),
        },
    ),
    "buns": Sign(
        *("阿蒸包子铺", "Steam & Fold", "#fbf5ea", "#8a5a10", "#211a0f", "#f2c878"),
        {
            "1": Good("肉", "鲜肉包四只", "Four pork buns", 1600),
            "2": Good("菜", "香菇青菜包四只", "Four mushroom buns", 1400),
            "3": Good("豆", "豆沙包四只", "Four red-bean buns", 1200),
            "4": Good("汤", "虾仁小馄饨", "Shrimp wonton soup", 2200),
            "5": Good("浆", "现磨豆浆", "Fresh soy milk", 500),
            "6": Good("笼", "全家一笼", "A basket for the family", 4800),
        },
    ),
    "records": Sign(
        *("晚风唱片", "Evening Records", "#f6f1f7", "#6d2f77", "#1c131f", "#e3aeec"),
        {
            "1": Good("笛", "竹笛与雨", "Bamboo flute and rain", 12800),
            "2": Good("琴", "夜航琴曲", "Night-boat piano", 14800),
            "3": Good("鼓", "巷口鼓点", "Drums at the corner", 9800),
            "4": Good("歌", "渔家老歌", "Old songs of the harbour", 11800),
            "5": Good("针", "唱针一枚", "One needle", 4500),
            "6": Good("套", "纸封套十张", "Ten paper sleeves", 2500),
        },
    ),
    "pottery": Sign(
        *("茶与碗", "Tea and Bowls", "#eff5f0", "#2d6244", "#121b16", "#9ed8b6"),
        {
            "tea": Good("茶", "龙井茶 50 克", "Longjing tea, 50 g", 6800),
            "bowl": Good("碗", "青花饭碗", "Blue rice bowl", 3900),
            "pot": Good("壶", "粗陶小壶", "Stoneware pot", 15800),
            "cup": Good("杯", "品茗杯一对", "A pair of cups", 4600),
        },
    ),
    "flowers": Sign(
        *("柳下花房", "Willow Flowers", "#fbf1f3", "#a12b50", "#221317", "#f6aabf"),
        {
            "1": Good("兰", "建兰一盆", "A pot of orchids", 6600),
            "2": Good("菊", "小雏菊一束", "A bunch of daisies", 2400),
            "3": Good("梅", "腊梅枝", "Winter plum branch", 3200),
            "4": Good("荷", "干莲蓬", "Dried lotus pods", 1800),
            "5": Good("竹", "文竹", "Asparagus fern", 2900),
            "6": Good("篮", "花篮", "A basket of flowers", 9900),
        },
    ),
}
