namespace XrdCt.Live.Model.Patterns;

/// <summary>How a pixel that reaches over several bins is shared between them; names and definitions are pyFAI's.</summary>
public enum PixelSplitting
{
    /// <summary>The whole pixel belongs to the bin of its centre.</summary>
    None,

    /// <summary>Spread evenly over the interval (in 2D: the rectangle) that its four corners span.</summary>
    BoundingBox,

    /// <summary>Shared by area: the polygon of its four corners is cut along the edges of the bins.</summary>
    Full,
}
