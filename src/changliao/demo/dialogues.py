"""Who lives in the demo's town, and what they talk about. Invented, every word."""

TOWNSFOLK = (
    ("anyu", "安雨", "开花店，话不多"),
    ("bowen", "博文", "修自行车"),
    ("caixia", "彩霞", "退休教师，爱种菜"),
    ("dahai", "大海", "跑步，也跑外卖"),
    ("ella", "Ella Novak", "Translator, tea over coffee"),
    ("fang", "方圆", "画画的"),
    ("gao", "高阳", "夜班护士"),
    ("hugo", "Hugo Lindt", "Bakes on Sundays"),
    ("ivy", "Ivy Park", "Plants, plants, plants"),
    ("jia", "嘉禾", "大三，在写论文"),
    ("kai", "凯文", "摄影"),
    ("lele", "乐乐", "两只猫的室友"),
    ("ming", "明远", "爬山群群主"),
    ("noor", "Noor Haddad", "New in town"),
    ("ouyang", "欧阳琴", "弹琴，教琴"),
    ("ping", "小平", "菜市场东门第三家"),
    ("qiu", "秋水", "读书会"),
    ("rosa", "Rosa Marin", "Second-hand books"),
    ("sheng", "盛夏", "卖冰棍的季节最忙"),
    ("tao", "陶然", "陶艺"),
    ("uma", "Uma Rao", "Yoga at seven"),
    ("vera", "Vera Solis", "Runs slowly, but runs"),
    ("wen", "文静", "图书馆"),
    ("xuyuan", "许愿", "五金店"),
)
"""Handle, name, a line about themselves."""

FRIENDS_OF = {
    "lin": ("anyu", "caixia", "dahai", "ella", "jia", "ming", "ping", "qiu"),
    "chen": ("bowen", "dahai", "gao", "kai", "ming", "xuyuan"),
    "mei": ("ella", "hugo", "ivy", "noor", "rosa", "uma", "vera"),
}
"""Whom the desk's people know from the start."""

GROUPS = {
    "hill": ("周末爬山", "ming", ("lin", "chen", "dahai", "kai", "jia", "vera")),
    "court": ("三号院邻居", "caixia", ("lin", "anyu", "gao", "lele", "ping", "xuyuan", "ouyang")),
    "books": ("Slow readers · 慢读会", "qiu", ("lin", "mei", "ella", "rosa", "wen", "noor")),
    "kitchen": ("Sunday kitchen", "hugo", ("mei", "ella", "ivy", "uma", "noor")),
    "street": ("老街开店的", "anyu", ("wang", "bowen", "sheng", "tao", "xuyuan", "ping")),
}
"""Title, owner, the others."""

SAID = (
    (
        "hill",
        ("ming", "这周六北山，七点东门集合，来的扣个 1"),
        ("kai", "1，我带相机"),
        ("dahai", "1"),
        ("jia", "论文没写完，心已经上山了"),
        ("ming", "山上没有查重，来"),
        ("vera", "1, but slowly"),
        ("kai", "慢慢走，拍照正好"),
    ),
    (
        "hill",
        ("dahai", "北山今天有雾，台阶滑，大家穿防滑的鞋"),
        ("ming", "收到，多谢探路"),
        ("jia", "有雾拍出来是不是像水墨画"),
        ("kai", "像，就是人也看不见了"),
    ),
    (
        "court",
        ("caixia", "丝瓜熟了一架，谁家要，放门口了"),
        ("gao", "下夜班就来拿，谢谢彩霞老师"),
        ("lele", "我也要一根！猫也想看看"),
        ("caixia", "给猫留一根小的"),
        ("xuyuan", "院门的锁我换好了，旧钥匙还能用"),
    ),
    (
        "court",
        ("ouyang", "今晚八点孩子们在院里弹琴，吵到各位先道个歉"),
        ("ping", "不吵，我搬板凳来听"),
        ("anyu", "我带几枝栀子，放琴边上"),
        ("gao", "今晚休息，总算能听一回"),
    ),
    (
        "books",
        ("qiu", "这个月读到第几章了"),
        ("wen", "第四章，每天午休十页"),
        ("ella", "Chapter six. The ferry scene!"),
        ("rosa", "No spoilers for those of us on four"),
        ("wen", "谢谢，正看到码头"),
        ("noor", "Is Thursday still good for tea?"),
        ("qiu", "周四七点，老地方"),
    ),
    (
        "books",
        ("rosa", "A box of old travel books came in today, ten each"),
        ("noor", "Anything about the desert?"),
        ("rosa", "Two. I will keep them under the counter"),
        ("noor", "You are the best, coming at five"),
    ),
    (
        "kitchen",
        ("hugo", "Rye bread this Sunday, who is in?"),
        ("ivy", "In. I bring basil, far too much of it"),
        ("uma", "In, after class"),
        ("noor", "Can I bring my oven gloves and my questions?"),
        ("hugo", "Especially the questions"),
    ),
    (
        "kitchen",
        ("ella", "My dough does nothing. Is it cold here or am I impatient?"),
        ("hugo", "Both, usually. Give it an hour by the window"),
        ("ella", "It moved!"),
        ("uma", "We are all by the window this winter"),
    ),
    (
        "street",
        ("anyu", "明天老街停水到中午，花都先喝饱了"),
        ("tao", "那我上午不拉坯了，来帮你搬花"),
        ("sheng", "冰棍柜不怕停水，怕停电"),
        ("xuyuan", "电我盯着，放心"),
    ),
    (
        "street",
        ("ping", "早上那位客人把伞落我这儿了，蓝格子的"),
        ("bowen", "像是我店里那位老先生的，我问问"),
        ("bowen", "是他的，下午来取，还说要谢你一把葱"),
        ("ping", "葱我有的是"),
    ),
)
"""A group, and who says what there."""

ASIDE = (
    ("anyu", "lin", "你上次要的桔梗到了，给你留了一把"),
    ("ping", "lin", "今天的小白菜嫩，给你留两把？"),
    ("dahai", "chen", "晚上跑五公里，去不去"),
    ("xuyuan", "chen", "你要的螺丝到了，三块二一盒"),
    ("rosa", "mei", "Found the cookbook you asked about. Page 40 is stained, in a promising way."),
    ("vera", "mei", "Slow run tomorrow? Really slow."),
    ("ella", "lin", "How do you say 'cosy' in Chinese? I have three answers and trust none."),
)
"""Who says what to one of the desk's people alone."""
