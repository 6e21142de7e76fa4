"""A fictional brand for every maker: the data set has numbers only.

A name is one of two kinds, told apart by the number being even or odd: a pair of words
("Maple Hollow") or a coined place name ("Bramwick"). The number alone decides, so a name never
depends on which other makers are loaded, and no two numbers share one.
"""

from shop.demo.vocabulary.tables import Words

STORE_BRAND = Words("Store brand", "自有品牌")
PRIVATE = "Private"

_PAIR_FIRST = (
    "Maple 枫叶|Cedar 雪松|Amber 琥珀|Willow 垂柳|Birch 白桦|Copper 赤铜|Juniper 杜松|Clover 苜蓿|"
    "Autumn 秋日|Lantern 灯笼|Pebble 卵石|Velvet 丝绒|Sparrow 麻雀|Heron 苍鹭|Badger 小獾|"
    "Otter 水獭|Thistle 蓟花|Bramble 荆莓|Fern 蕨叶|Hazel 榛子|Linden 椴树|Alder 赤杨|Rowan 花楸|"
    "Aspen 山杨|Tansy 艾菊|Yarrow 蓍草|Saffron 番红|Indigo 靛蓝|Scarlet 绯红|Ivory 象牙|Cobalt 钴蓝|"
    "Russet 赤褐|Misty 薄雾|Frosty 霜白|Dusky 暮色|Quiet 静谧|Gentle 温柔|Merry 欢乐|Humble 朴实|"
    "Nimble 轻灵|Wander 漫游|Kindle 星火|Tumble 翻滚|Drift 漂流|Plover 鸻鸟|Curlew 杓鹬|Wren 鹪鹩|"
    "Finch 雀鸟|Magpie 喜鹊|Marmot 旱獭|Hedgehog 刺猬|Beetle 甲虫|Comet 彗星|Compass 罗盘|"
    "Anchor 船锚|Beacon 灯塔|Thimble 顶针|Button 纽扣|Ribbon 缎带|Whistle 哨声"
)
_PAIR_SECOND = (
    "Hollow 谷|Ridge 岭|Brook 溪|Field 田|Mill 磨坊|Gate 门|Lane 巷|Hill 丘|Barn 仓|Bay 湾|Grove 林|"
    "Bridge 桥|House 屋|Wharf 码头|Acre 良田|Creek 涧|Point 岬|Garden 园|Kitchen 厨房|Pantry 食坊|"
    "Works 工坊|Crest 峰|Vale 川|Spring 泉|Table 餐桌|Trail 径|Croft 农舍|Ferry 渡口|Landing 埠头|"
    "Market 集市|Cellar 酒窖|Cottage 小舍|Corner 街角|Square 广场|Row 长街|Yard 院落|Glen 幽谷|"
    "Marsh 湿地|Moor 荒原|Heath 石楠|Quarry 采石场|Harvest 丰收|Basket 篮|Kettle 水壶|Spoon 木勺|"
    "Hearth 炉边|Larder 储藏室|Orchard 果园|Thicket 灌丛|Hamlet 村落|Haven 港湾|Terrace 露台|"
    "Canal 运河|Summit 山巅"
)
_COINED_FIRST = (
    "Bram 布兰|Cald 考尔|Dun 邓恩|Elder 埃尔德|Fenra 芬拉|Gar 加尔|Hal 哈尔|Ister 伊斯特|Jarl 贾尔|"
    "Kel 凯尔|Lor 洛尔|Mar 玛尔|Nor 诺尔|Ost 奥斯特|Pelda 佩尔达|Quill 奎尔|Ram 拉姆|Sel 塞尔|Tarn 塔恩|"
    "Ulver 乌尔弗|Var 瓦尔|Wend 温德|Yarl 雅尔|Zel 泽尔|Arden 阿登|Bexa 贝克萨|Corv 科尔夫|Dray 德雷|"
    "Ember 恩伯|Faldo 法尔多|Grim 格林姆|Hobra 霍布拉|Ingle 英格尔|Jessa 杰萨|Kirra 基拉|Lunda 伦达|"
    "Mossa 莫萨|Nettle 内特尔|Orla 奥拉|Prim 普里姆|Quen 昆恩|Rusk 拉斯克|Stenna 斯滕娜|Thorn 索恩|"
    "Umber 安伯|Vesna 维斯纳|Wexa 韦克萨|Yelver 耶尔弗|Zand 赞德|Almer 阿尔默|Brisk 布里斯克|"
    "Cresta 克雷斯塔|Delva 德尔瓦|Evra 艾芙拉|Fosk 福斯克|Gild 吉尔德|Harro 哈罗|Ivo 伊沃|Jun 君恩|"
    "Kestra 凯斯特拉"
)
_COINED_SECOND = (
    "wick 威克|mere 米尔|stead 斯泰德|combe 库姆|thorpe 索普|by 比|dale 代尔|ford 福德|gate 盖特|"
    "ham 翰|holm 霍姆|hurst 赫斯特|leigh 莱|low 洛|march 马奇|ness 尼斯|over 奥弗|pool 普尔|"
    "rith 里斯|shaw 肖|smere 斯米尔|sworth 斯沃思|tide 泰德|tor 托尔|under 安德|vale 维尔|wade 韦德|"
    "well 韦尔|wold 沃尔德|yard 亚德|beck 贝克|bourne 伯恩|brow 布劳|cote 科特|croft 克罗夫特|dene 迪恩|"
    "fell 费尔|firth 弗思|garth 加思|glade 格莱德|grove 格罗夫|haven 黑文|hythe 海思|kirk 柯克|"
    "lund 隆德|moor 穆尔|quay 基伊|rigg 里格|scar 斯卡尔|sett 塞特|stone 斯通|thwaite 思韦特|"
    "wath 沃思|wyke 怀克"
)


def _words(text: str) -> list[tuple[str, str]]:
    return [(en, zh) for en, zh in (entry.split() for entry in text.split("|"))]


_PAIRS = (_words(_PAIR_FIRST), _words(_PAIR_SECOND))
_COINED = (_words(_COINED_FIRST), _words(_COINED_SECOND))
_NAMES = len(_PAIRS[0]) * len(_PAIRS[1])
# Shares no factor with the number of names, so a step of it meets every name once and neighbours
# in the data set do not share a first word.
_STEP = 1013


def brand_name(manufacturer_id: int | str, brand: str | None) -> Words:
    """Say who makes a product. All private brands are one: the store's own.

    >>> brand_name(2, "National")
    Words(en='Fern Harvest', zh='蕨叶丰收')
    """
    if brand == PRIVATE:
        return STORE_BRAND
    half, coined = divmod(int(manufacturer_id), 2)
    series, position = divmod(half, _NAMES)
    firsts, seconds = _COINED if coined else _PAIRS
    place = position * _STEP % _NAMES
    first, second = firsts[place // len(seconds)], seconds[place % len(seconds)]
    en = f"{first[0]}{second[0]}" if coined else f"{first[0]} {second[0]}"
    zh = f"{first[1]}{second[1]}"
    # Numbers beyond the data set's still get a name that nobody else has.
    return Words(f"{en} No. {series + 1}", f"{zh} {series + 1} 号") if series else Words(en, zh)
