from .module import ReCAMModule as ReCAMModule
