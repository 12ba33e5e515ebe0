// What B and C get within chunks, all sizes multiples of four.
#import "BC_four.wgsl"
#import "put5_four.wgsl"
#import "back_BC.wgsl"
#import "tile.wgsl"
