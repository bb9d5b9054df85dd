using XrdCt.Live.Egress.Encoding;

namespace XrdCt.Live.Simulator.Sources;

/// <summary>A reader whose frames can be packed while they are made, so that they never leave the cache.</summary>
internal interface IBlockReader : IPixelBlocks
{
    /// <summary>Prepares a frame, whose blocks are read next.</summary>
    /// <param name="index">Frame, from 0, below the source's count.</param>
    void Begin(int index);
}
