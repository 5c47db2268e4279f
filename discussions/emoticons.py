"""The emoticons that comments and reactions know: shortcut -> sign."""

from __future__ import annotations

_TABLE = """
+1 👍|thumbsup 👍|-1 👎|thumbsdown 👎|smile 😄|smiley 😃|grinning 😀|grin 😁|laughing 😆|satisfied 😆|joy 😂
rofl 🤣|sweat_smile 😅|slightly_smiling_face 🙂|upside_down_face 🙃|wink 😉|blush 😊|innocent 😇|heart_eyes 😍
kissing_heart 😘|yum 😋|stuck_out_tongue 😛|stuck_out_tongue_winking_eye 😜|sunglasses 😎|smirk 😏
unamused 😒|disappointed 😞|pensive 😔|worried 😟|confused 😕|slightly_frowning_face 🙁|persevere 😣|confounded 😖
tired_face 😫|weary 😩|cry 😢|sob 😭|triumph 😤|angry 😠|rage 😡|flushed 😳|scream 😱|fearful 😨|cold_sweat 😰
hugs 🤗|thinking 🤔|thinking_face 🤔|neutral_face 😐|expressionless 😑|no_mouth 😶|grimacing 😬|relieved 😌|sleepy 😪
sleeping 😴|mask 😷|dizzy_face 😵|exploding_head 🤯|nerd_face 🤓|open_mouth 😮|hushed 😯|astonished 😲
zipper_mouth_face 🤐|shrug 🤷|facepalm 🤦|raising_hand 🙋|bow 🙇|see_no_evil 🙈|hear_no_evil 🙉|speak_no_evil 🙊
skull 💀|ghost 👻|alien 👽|robot 🤖|poop 💩|hankey 💩|smiling_imp 😈|clap 👏|raised_hands 🙌|pray 🙏|handshake 🤝
muscle 💪|wave 👋|ok_hand 👌|point_up ☝️|point_down 👇|point_left 👈|point_right 👉|fist ✊|facepunch 👊|punch 👊|v ✌️
crossed_fingers 🤞|metal 🤘|writing_hand ✍️|eyes 👀|brain 🧠|heart ❤️|broken_heart 💔|yellow_heart 💛|green_heart 💚
blue_heart 💙|purple_heart 💜|black_heart 🖤|100 💯|boom 💥|collision 💥|dizzy 💫|sweat_drops 💦|dash 💨|zzz 💤|fire 🔥
sparkles ✨|star ⭐|star2 🌟|zap ⚡|sunny ☀️|cloud ☁️|umbrella ☔|snowflake ❄️|rainbow 🌈|ocean 🌊|rocket 🚀|airplane ✈️
car 🚗|bike 🚲|train 🚋|ship 🚢|construction 🚧|rotating_light 🚨|checkered_flag 🏁|triangular_flag_on_post 🚩
tada 🎉|confetti_ball 🎊|balloon 🎈|gift 🎁|trophy 🏆|medal_sports 🏅|dart 🎯|game_die 🎲|art 🎨|musical_note 🎵
coffee ☕|tea 🍵|beer 🍺|beers 🍻|wine_glass 🍷|cocktail 🍸|champagne 🍾|pizza 🍕|hamburger 🍔|cake 🍰|birthday 🎂|cookie 🍪
apple 🍎|banana 🍌|popcorn 🍿|dog 🐶|cat 🐱|mouse 🐭|bear 🐻|panda_face 🐼|monkey 🐒|chicken 🐔|penguin 🐧|bird 🐦|snake 🐍
turtle 🐢|bug 🐛|ant 🐜|bee 🐝|snail 🐌|octopus 🐙|whale 🐳|dolphin 🐬|fish 🐟|unicorn 🦄|dragon 🐉|crab 🦀|tree 🌳
seedling 🌱|four_leaf_clover 🍀|rose 🌹|sunflower 🌻|cactus 🌵|mushroom 🍄|earth_americas 🌎|earth_africa 🌍|moon 🌔
bulb 💡|flashlight 🔦|wrench 🔧|hammer 🔨|hammer_and_wrench 🛠️|gear ⚙️|nut_and_bolt 🔩|link 🔗|paperclip 📎|scissors ✂️
lock 🔒|unlock 🔓|key 🔑|shield 🛡️|bomb 💣|mag 🔍|microscope 🔬|telescope 🔭|computer 💻|keyboard ⌨️|iphone 📱
floppy_disk 💾|cd 💿|battery 🔋|electric_plug 🔌|email 📧|envelope ✉️|inbox_tray 📥|outbox_tray 📤|package 📦|memo 📝
pencil 📝|pencil2 ✏️|books 📚|book 📖|bookmark 🔖|clipboard 📋|calendar 📆|chart_with_upwards_trend 📈
chart_with_downwards_trend 📉|bar_chart 📊|pushpin 📌|round_pushpin 📍|file_folder 📁|wastebasket 🗑️|hourglass ⌛
alarm_clock ⏰|stopwatch ⏱️|watch ⌚|bell 🔔|no_bell 🔕|loudspeaker 📢|mega 📣|speech_balloon 💬|thought_balloon 💭
moneybag 💰|dollar 💵|credit_card 💳|gem 💎|crown 👑|tophat 🎩|eyeglasses 👓|label 🏷️|recycle ♻️
white_check_mark ✅|heavy_check_mark ✔️|ballot_box_with_check ☑️|x ❌|heavy_multiplication_x ✖️|warning ⚠️|no_entry ⛔
no_entry_sign 🚫|stop_sign 🛑|question ❓|grey_question ❔|exclamation ❗|heavy_exclamation_mark ❗|bangbang ‼️
information_source ℹ️|heavy_plus_sign ➕|heavy_minus_sign ➖|arrow_up ⬆️|arrow_down ⬇️|arrow_left ⬅️|arrow_right ➡️
arrows_counterclockwise 🔄|repeat 🔁|fast_forward ⏩|rewind ⏪|new 🆕|free 🆓|up 🆙|cool 🆒|ok 🆗|sos 🆘|top 🔝|soon 🔜
red_circle 🔴|orange_circle 🟠|yellow_circle 🟡|green_circle 🟢|large_blue_circle 🔵|white_circle ⚪|black_circle ⚫
"""

SIGNS: dict[str, str] = dict(
    (shortcut, sign)
    for one in _TABLE.replace("\n", "|").split("|")
    if one
    for shortcut, sign in [one.rsplit(" ", 1)]
)

# What a like is: Bitbucket had no other reaction before 5.
LIKES = ("thumbsup", "+1")


def matching(text: str) -> list[str]:
    """Give the shortcuts that hold the text, those that begin with it first."""
    wanted = text.strip().strip(":").lower()
    found = [shortcut for shortcut in SIGNS if wanted in shortcut]
    return sorted(found, key=lambda shortcut: (not shortcut.startswith(wanted), shortcut))
