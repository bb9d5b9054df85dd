using PureHDF;
using XrdCt.Live.Model.Sinograms;

namespace XrdCt.Live.Storage.Sinograms;

/// <summary>A sinogram that was found in a file: sizes fit, every axis has its values.</summary>
/// <param name="Layout">Layout of the file.</param>
/// <param name="Dataset">The intensities.</param>
/// <param name="Path">Path of the dataset.</param>
/// <param name="Axes">Its axes, slowest first.</param>
/// <param name="Header">What is known of it.</param>
internal sealed record FoundSinogram(SinogramLayout Layout, IH5Dataset Dataset, string Path, SinogramAxis[] Axes, SinogramHeader Header);
