from .labels import OnlineLabels as OnlineLabels
from .module import WeCLIPModule as WeCLIPModule
