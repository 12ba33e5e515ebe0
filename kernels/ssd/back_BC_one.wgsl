// The gradients of B and C, all sizes any numbers.
#import "BC_one.wgsl"
#import "h_one.wgsl"
#import "put5_one.wgsl"
#import "back_BC.wgsl"
#import "tile.wgsl"
